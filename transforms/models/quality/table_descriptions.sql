{#
  What each published table is, as the model beside it says, and what it is made from: the nearest
  published tables and kinds of sources behind it, through whatever lies between.
#}
{%- if execute -%}
    with
        nodes(
            node,
            layer,
            description,
            owner,
            is_contract_enforced,
            is_published,
            parents,
            kind
        ) as (
            values
                {%- for node in graph.nodes.values() | sort(attribute='name') if node.resource_type in ('model', 'seed') %}
                    (
                        '{{ node.name }}',
                        '{{ node.fqn[1] }}',
                        {{ text_literal(node.description | trim) }},
                        {{ text_literal(node.config.meta.owner | default("")) }},
                        {{ node.config.contract.enforced | lower }},
                        {{ (node.schema == this.schema) | lower }},
                        {{
                            text_literals(
                                node.depends_on.nodes | map("replace", ".", "/")
                            )
                        }},
                        {{
                            (
                                "'" ~ node.fqn[2] ~ "'"
                                if node.fqn[1] == "staging"
                                else "null"
                            )
                        }}
                    )
                    {%- if not loop.last %}, {% endif %}
                {%- endfor %}
        ),
        edges as (
            select node as child, split_part(unnest(parents), '/', -1) as parent
            from nodes
        ),
        reached(child, parent) as (
            with recursive
                walk as (
                    select child, parent
                    from edges
                    union
                    select walk.child, edges.parent
                    from walk
                    inner join
                        nodes on walk.parent = nodes.node and not nodes.is_published
                    inner join edges on walk.parent = edges.child
                )
            select *
            from walk
        ),
        ends as (
            select
                reached.child,
                list_sort(
                    list(distinct parents.node) filter (parents.is_published)
                ) as made_from,
                list_sort(
                    list(distinct parents.kind) filter (parents.kind is not null)
                ) as sources
            from reached
            inner join nodes as parents on reached.parent = parents.node
            group by reached.child
        )
    select
        nodes.node as table_name,
        nodes.layer,
        nodes.description,
        nullif(nodes.owner, '') as owner,
        nodes.is_contract_enforced,
        coalesce(ends.made_from, []) as made_from,
        coalesce(ends.sources, []) as sources
    from nodes
    left join ends on nodes.node = ends.child
    where nodes.is_published
{%- else -%} select 1 as table_name
{%- endif %}
