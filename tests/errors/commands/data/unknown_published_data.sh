qffc data fetch md17 ethanol --out data
