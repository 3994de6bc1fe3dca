"""Tools that know no noun: ids, database, pages."""
