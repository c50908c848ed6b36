{# Keyed pseudonym of a person's address or login; the key never appears in SQL (plugins/pseudonym.py). That of a bot says so. #}
{% macro pseudonym(text) -%}
case
    when nullif(trim({{ text }}), '') is not null
    then
        case
            when
                lower({{ text }}) like '%[bot]%'
                or regexp_full_match(lower(trim({{ text }})), getvariable('pseudonym').bot_pattern)
            then 'bot-'
            else ''
        end
        || {{ keyed_hash(text) }}
end
{%- endmacro %}

{% macro keyed_hash(text) -%}
left(sha256(getvariable('pseudonym').outer_key || unhex(sha256(getvariable('pseudonym').inner_key || encode(lower(trim({{ text }})))))), 24)
{%- endmacro %}

{# What an e-mail address in a text looks like; a version behind an @ (package@1.2.3) is none. #}
{% macro address_pattern() -%}
'[A-Za-z0-9._%+\-]+@(?:[0-9\-]*[A-Za-z][A-Za-z0-9\-]*(?:\.[A-Za-z0-9\-]+)*|[0-9]{3,})\.[A-Za-z]{2,}'
{%- endmacro %}

{# A text with each address in it replaced by the beginning of its pseudonym: what differed still differs. #}
{% macro masked(text) -%}
case
    when contains({{ text }}, '@')
    then
        list_reduce(
            list_distinct(regexp_extract_all({{ text }}, {{ address_pattern() }})),
            lambda masked_text, address: replace(masked_text, address, 'address-' || left({{ keyed_hash("address") }}, 12)),
            {{ text }}
        )
    else {{ text }}
end
{%- endmacro %}

{# The same for lists of texts. #}
{% macro masked_list(texts) -%}
list_transform({{ texts }}, lambda one: {{ masked("one") }})
{%- endmacro %}
