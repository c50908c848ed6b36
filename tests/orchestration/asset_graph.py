"""The asset graph as text; `python -m tests.orchestration.asset_graph` renews the snapshot."""

from collections import defaultdict
from pathlib import Path

import dagster as dg

SNAPSHOT = Path(__file__).with_name("asset_graph.txt")


def render(definitions: dg.Definitions) -> str:
    """Return one line per asset: group, key, what it comes after, its suite of the audit."""
    graph = definitions.resolve_asset_graph()
    checks: dict[dg.AssetKey, list[str]] = defaultdict(list)
    for check in graph.asset_check_keys:
        if not check.name.startswith("audit_"):
            continue
        checks[check.asset_key].append(check.name)
    lines = []
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        parents = " ".join(sorted(parent.to_user_string() for parent in node.parent_keys)) or "-"
        checked = " ".join(sorted(checks[key])) or "-"
        lines.append(f"{node.group_name} {key.to_user_string()} < {parents} | {checked}")
    return "\n".join(sorted(lines)) + "\n"


def main() -> None:
    """Renew the snapshot."""
    from orchestration.definitions import defs

    SNAPSHOT.write_text(render(defs()), encoding="utf-8")


if __name__ == "__main__":
    main()
