"""How results are shown: HTML, CSV and XLSX from a `ReportData`."""
