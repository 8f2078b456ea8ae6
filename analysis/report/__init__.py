"""Write the report: result files in, one offline page with its figures and tables out."""
