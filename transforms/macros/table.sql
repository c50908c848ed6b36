{#
  Materialization of every table but staging, metrics and controls, in place of dbt's own. Nobody
  reads the work file while it is built and every published table is made anew, so a table is made
  under its own name: dbt's way, a second table that is renamed, asks three more statements of each
  model. The drop stands outside the transaction, for a Python model writes from a connection of its
  own. The contract gives the columns, their types and which of them are never null; that a model's
  text has just these is asked by a test, once, and not by each build, which would plan every query
  twice.
#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {% if existing is not none %}
        {% call statement('drop', auto_begin=False) -%}
            drop {{ existing.type }} if exists {{ existing }} cascade
        {%- endcall %}
    {% endif %}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main', language=model['language']) -%}
        {% if model['language'] == 'sql' and config.get('contract').enforced -%}
            create table {{ target_relation }} {{ get_table_columns_and_constraints() }};
            insert into {{ target_relation }} {{ get_column_names() }} ({{ get_select_subquery(compiled_code) }});
        {%- else -%}
            {{ create_table_as(False, target_relation, compiled_code, model['language']) }}
        {%- endif %}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ refuse_shared_keys(target_relation) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#
  Refuse a table in which two rows share the key that its `unique_key` names. A check of the model
  itself and not a test beside it: each test costs dbt as much as a model does.
#}
{% macro refuse_shared_keys(relation) %}
    {%- set key = config.get('unique_key') -%}
    {% if key %}
        {%- set shared = run_query(shared_keys_sql(relation, key))[0][0] -%}
        {% if shared > 0 %}
            {{ exceptions.raise_compiler_error(
                relation.identifier ~ " has " ~ shared ~ " key(s) that more than one row holds: " ~ key | join(', ')
            ) }}
        {% endif %}
    {% endif %}
{% endmacro %}


{% macro shared_keys_sql(relation, key) -%}
select count(*)
from (
    select {{ key | join(', ') }}
    from {{ relation }}
    group by {{ key | join(', ') }}
    having count(*) > 1
)
{%- endmacro %}
