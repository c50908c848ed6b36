"""What all ServiceNow records share: references, people, services, and edits over time."""

from data.sandbox.company import Service
from data.sandbox.draw import hexadecimal
from data.sandbox.model import Person
from data.sandbox.versions import Versioned, naive

HOST = "https://fairwater.service-now.example"
Edit = tuple[int, dict[str, object]]


def reference(table: str, value: str) -> dict[str, str] | str:
    """Return a reference field; an empty one is an empty string."""
    return {"link": f"{HOST}/api/now/table/{table}/{value}", "value": value} if value else ""


def user_id(person: Person) -> str:
    """Return the sys_id of a person's user record."""
    return hexadecimal(32, "sys_user", person.login)


def service_sys_id(service: Service) -> str:
    """Return the sys_id of a service's configuration item."""
    return hexadecimal(32, "cmdb_ci", service.service_id)


def ci_name(service: Service) -> str:
    """Return the name by which the CMDB knows a service."""
    return f"{service.name} (production)"


def user(person: Person) -> dict[str, str] | str:
    """Return a reference to a person."""
    return reference("sys_user", user_id(person))


def record(table: str, key: str, edits: list[Edit], by: str) -> Versioned:
    """Return the versioned record that results from edits in any order."""
    ordered = sorted(edits, key=lambda edit: edit[0])
    times = sorted({at for at, _ in ordered})

    def render(at: int) -> dict[str, object]:
        body: dict[str, object] = {"sys_id": key, "sys_class_name": table}
        done = [edit for edit in ordered if edit[0] <= at]
        for _, fields in done:
            body |= fields
        body |= {
            "sys_created_on": naive(times[0]),
            "sys_created_by": by,
            "sys_updated_on": naive(at),
            "sys_updated_by": by,
            "sys_mod_count": str(times.index(at)),
            "sys_domain": reference("sys_user_group", "global"),
            "sys_tags": "",
        }
        return body

    return Versioned(key, "", tuple(times), render, times[0])


def group(team_id: str) -> dict[str, str] | str:
    """Return a reference to a team's group."""
    return reference("sys_user_group", hexadecimal(32, "sys_user_group", team_id))
