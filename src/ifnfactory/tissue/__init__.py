"""The interferon factory on a living sheet of liver: geometry, fields, cells, measures."""
