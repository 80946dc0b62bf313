"""Copies of a FOCUS table that break one rule each: a validator that accepts one proves nothing."""
import pyarrow as pa


def usage(table):
    """The first row that counts tokens."""
    return next(row for row, unit in enumerate(table["ConsumedUnit"].to_pylist()) if unit == "Tokens")


def with_cell(table, name, value):
    """The table with another value in that row."""
    values = table[name].to_pylist()
    values[usage(table)] = value
    place = table.schema.get_field_index(name)
    field = pa.field(name, table.schema.field(name).type)
    return table.set_column(place, field, pa.array(values, field.type))


def mutations(table):
    """Broken copies, by what is wrong with them."""
    return {
        "no billed cost": with_cell(table, "BilledCost", None),
        "no such category": with_cell(table, "ChargeCategory", "Use"),
        "no such currency": with_cell(table, "BillingCurrency", "DOLLARS"),
        "a quantity without a unit": with_cell(table, "ConsumedUnit", None),
        "tags that are no JSON": with_cell(table, "Tags", "{workload"),
        "no such subcategory": with_cell(table, "ServiceSubcategory", "Compute"),
        "no column of the service's category": table.drop_columns(["ServiceCategory"]),
    }
