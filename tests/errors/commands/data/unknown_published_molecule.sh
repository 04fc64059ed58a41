qffc data fetch rmd17 methane --out data
