"""The script that Streamlit runs for every session; everything else is imported."""

from dashboards.frame import show

show()
