qffc data fetch rmd17 ethanol --out data --registry notes.txt
