"""Samples of an audit for the pages: the door to the statistics behind them."""

from transforms.statistics.samples import audit_sample, clopper_pearson_upper

__all__ = ["audit_sample", "clopper_pearson_upper"]
