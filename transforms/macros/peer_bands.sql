{# The word a peer prints for the number, as its own code and documents have it. #}
{% macro peer_band() -%}
case
                when value is null then null
                when peer = 'devlake' and metric = 'deployment_days_per_week' and edition = '2023' then case
                    when value >= 7 then 'On-demand(elite)'
                    when value >= 1 then 'Between once per day and once per week(high)'
                    when median_month >= 1 then 'Between once per week and once per month(medium)'
                    else 'Fewer than once per month(low)'
                end
                when peer = 'devlake' and metric = 'deployment_days_per_week' then case
                    when value >= 7 then 'On-demand(elite)'
                    when median_month >= 1 then 'Between once per day and once per month(high)'
                    when upper_median_half_year >= 1 then 'Between once per month and once every 6 months(medium)'
                    else 'Fewer than once per six months(low)'
                end
                when peer = 'devlake' and metric = 'lead_time_for_changes' and edition = '2023' then case
                    when value < 24 * 3600 then 'Less than one day(elite)'
                    when value < 7 * 24 * 3600 then 'Between one day and one week(high)'
                    when value < 30 * 24 * 3600 then 'Between one week and one month(medium)'
                    else 'More than one month(low)'
                end
                when peer = 'devlake' and metric = 'lead_time_for_changes' then case
                    when value < 3600 then 'Less than one hour(elite)'
                    when value < 7 * 24 * 3600 then 'Less than one week(high)'
                    when value < 180 * 24 * 3600 then 'Between one week and six months(medium)'
                    else 'More than six months(low)'
                end
                when peer = 'devlake' and metric = 'change_failure_rate' and edition = '2023' then case
                    when value <= 0.05 then '0-5%(elite)'
                    when value <= 0.10 then '5%-10%(high)'
                    when value <= 0.15 then '10%-15%(medium)'
                    else '> 15%(low)'
                end
                when peer = 'devlake' and metric = 'change_failure_rate' then case
                    when value <= 0.15 then '0-15%(elite)'
                    when value <= 0.20 then '16%-20%(high)'
                    when value <= 0.30 then '21%-30%(medium)'
                    else '> 30%(low)'
                end
                when peer = 'devlake' and metric in ('failed_deployment_recovery_time', 'time_to_restore') then case
                    when value < 3600 then 'Less than one hour(elite)'
                    when value < 24 * 3600 then 'Less than one day(high)'
                    when value < 7 * 24 * 3600 then 'Between one day and one week(medium)'
                    else 'More than one week(low)'
                end
                when peer = 'gitlab' and metric = 'deployment_frequency' then case
                    when value / 7 < 0.033 then 'low'
                    when value / 7 >= 1 then 'high'
                    else 'medium'
                end
                when peer = 'gitlab' and metric = 'lead_time_for_changes' then case
                    when value > 30 * 24 * 3600 then 'low'
                    when value <= 7 * 24 * 3600 then 'high'
                    else 'medium'
                end
                when peer = 'gitlab' and metric = 'time_to_restore' then case
                    when value > 7 * 24 * 3600 then 'low'
                    when value <= 24 * 3600 then 'high'
                    else 'medium'
                end
                when peer = 'gitlab' and metric = 'change_failure_rate' then case
                    when value > 0.45 then 'low'
                    when value <= 0.15 then 'high'
                    else 'medium'
                end
                when peer = 'four_keys' and metric = 'deployment_days_per_week' then case
                    when value >= 3 then 'Daily'
                    when median_active_week >= 1 then 'Weekly'
                    when median_active_weeks_a_month >= 1 then 'Monthly'
                    else 'Yearly'
                end
                when peer = 'four_keys' and metric = 'change_failure_rate' then case
                    when value <= 0.15 then '0-15%'
                    when value < 0.46 then '16-45%'
                    else '46-60%'
                end
                when peer = 'four_keys' then case
                    when value < 24 * 3600 then 'One day'
                    when value < 168 * 3600 then 'One week'
                    when value < 730 * 3600 then 'One month'
                    when value < 730 * 6 * 3600 then 'Six months'
                    else 'One year'
                end
            end
{%- endmacro %}
