{# A version without the leading v that tags have. #}
{% macro plain_version(version) -%}
regexp_replace(trim({{ version }}), '^[vV]([0-9])', '\1')
{%- endmacro %}

{# Valid by the pattern that semver.org publishes with SemVer 2.0.0. #}
{% macro is_semver(version) -%}
regexp_full_match(
    {{ plain_version(version) }},
    '(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:-((?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?'
)
{%- endmacro %}

{# A number as a text that sorts as the number does, however long it is. #}
{% macro sortable_number(digits) -%}
lpad(cast(length(coalesce(nullif(ltrim({{ digits }}, '0'), ''), '0')) as varchar), 6, '0')
    || coalesce(nullif(ltrim({{ digits }}, '0'), ''), '0')
{%- endmacro %}

{#
  A text that sorts as SemVer 2.0.0, section 11, orders versions; null where it is none. Metadata
  of the build does not count. A pre-release sorts before its release ('~' is after all), numbers
  before words, fewer parts before more (' ' is before all that a part may hold).
#}
{% macro semver_key(version) -%}
{%- set unbuilt = "split_part(" ~ plain_version(version) ~ ", '+', 1)" -%}
{%- set core = "split_part(" ~ unbuilt ~ ", '-', 1)" -%}
{%- set pre = "substr(" ~ unbuilt ~ ", strpos(" ~ unbuilt ~ ", '-') + 1)" -%}
case
    when {{ is_semver(version) }}
    then
        {{ sortable_number("split_part(" ~ core ~ ", '.', 1)") }}
        || '.'
        || {{ sortable_number("split_part(" ~ core ~ ", '.', 2)") }}
        || '.'
        || {{ sortable_number("split_part(" ~ core ~ ", '.', 3)") }}
        || '.'
        || case
            when strpos({{ unbuilt }}, '-') = 0
            then '~'
            else
                array_to_string(
                    list_transform(
                        string_split({{ pre }}, '.'),
                        lambda part: case
                            when regexp_full_match(part, '[0-9]+')
                            then '1' || {{ sortable_number("part") }}
                            else '2' || part
                        end
                    ),
                    ' '
                )
        end
end
{%- endmacro %}

{# The same for versions that are dates (2026.11.22, 20261122-1): their numbers, in order. #}
{% macro date_version_key(version) -%}
case
    when
        regexp_full_match(
            {{ plain_version(version) }},
            '(?:(?:(?:19|20)[0-9]{2}|[0-9]{2})[.-](?:0?[1-9]|1[0-2])(?:[.-](?:0?[1-9]|[12][0-9]|3[01]))?|(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))(?:[.-][0-9A-Za-z]+)*'
        )
    then
        array_to_string(
            list_transform(
                regexp_extract_all({{ plain_version(version) }}, '[0-9]+'),
                lambda part: {{ sortable_number("part") }}
            ),
            ' '
        )
end
{%- endmacro %}

{# Which part of a SemVer version went up: 3 major, 2 minor, 1 patch, 0 none of them. #}
{% macro bump_rank(previous, version) -%}
{%- set before = "split_part(split_part(" ~ plain_version(previous) ~ ", '+', 1), '-', 1)" -%}
{%- set after = "split_part(split_part(" ~ plain_version(version) ~ ", '+', 1), '-', 1)" -%}
case
    {%- for place, rank in ((1, 3), (2, 2), (3, 1)) %}
    when
        split_part({{ before }}, '.', {{ place }}) <> split_part({{ after }}, '.', {{ place }})
    then {{ rank }}
    {%- endfor %}
    else 0
end
{%- endmacro %}

{# Which part has to go up: before 1.0.0 a breaking change asks for a minor version only. #}
{% macro expected_bump_rank(previous, breaking_count, feature_count) -%}
case
    when {{ breaking_count }} > 0 and split_part({{ plain_version(previous) }}, '.', 1) <> '0'
    then 3
    when {{ breaking_count }} > 0 or {{ feature_count }} > 0
    then 2
    else 1
end
{%- endmacro %}
