"""Where shifts come from: factors and reference compounds, the shipped ones and a user's own."""
