from qffc.reports.svg_charts import chart

chart([], "epoch", "MAE (meV)")
