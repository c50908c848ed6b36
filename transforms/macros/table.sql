{#
  Materialization of every table but staging and metrics, in place of dbt's own. Nobody reads the
  work file while it is built and every published table is made anew, so a table is made under its
  own name: dbt's way, a second table that is renamed, asks three more statements of each model.
  The drop stands outside the transaction, for a Python model writes from a connection of its own.
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
        {{ create_table_as(False, target_relation, compiled_code, model['language']) }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
