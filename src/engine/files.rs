//! Relations that stand in files of a store, and views of what is registered.

use std::sync::Arc;

use arrow::datatypes::{DataType, Schema, SchemaRef};
use chrono::NaiveDate;
use datafusion::catalog::TableProvider;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::prelude::{col, in_list, lit};
use datafusion::scalar::ScalarValue;

use url::Url;

use super::{Engine, without_comments};
use crate::error::{Error, Result};
use crate::store::{self, Store};

impl Engine {
    /// Registers a folder of `event_date=D` Parquet files under a name; only the given days, or all.
    ///
    /// # Errors
    /// `Engine` when the folder cannot be registered.
    pub fn register_days(
        &self,
        name: &str,
        schema: &SchemaRef,
        store: &Store,
        days: Option<&[NaiveDate]>,
    ) -> Result<()> {
        let plain = without_comments(schema);
        let fields: Vec<_> = plain.fields().iter().filter(|field| field.name() != "event_date").cloned().collect();
        let options = ListingOptions::new(Arc::new(ParquetFormat::default()))
            .with_file_extension(".parquet")
            .with_table_partition_cols(vec![("event_date".into(), DataType::Date32)]);
        let config = ListingTableConfig::new(ListingTableUrl::parse(store.url())?)
            .with_listing_options(options)
            .with_schema(Arc::new(Schema::new(fields)));
        let table: Arc<dyn TableProvider> = Arc::new(ListingTable::try_new(config)?);
        let Some(days) = days else { return self.register_table(name, table) };
        let epoch = NaiveDate::default();
        let list = days.iter().map(|day| lit(ScalarValue::Date32(Some((*day - epoch).num_days() as i32)))).collect();
        let view = self.context.read_table(table)?.filter(in_list(col("event_date"), list, false))?.into_view();
        self.register_table(name, view)
    }

    /// Registers a Parquet file under a name, of which a query reads the columns and the row groups that it asks for. Its store
    /// need not be mounted: two places of one bucket may have credentials of their own.
    ///
    /// # Errors
    /// `Storage` when the store refuses, `Engine` when it cannot be read.
    pub async fn register_file(&self, name: &str, store: &Store, key: &str) -> Result<()> {
        let url = format!("relation://{name}{}{key}", store.url().path());
        let own = Url::parse(&url).map_err(|error| Error::engine(format!("`{name}` has no place")).because(error))?;
        self.context.register_object_store(&own, store.object_store());
        let format = ParquetFormat::default().with_force_view_types(false);
        let options = ListingOptions::new(Arc::new(format)).with_file_extension(".parquet");
        let config = ListingTableConfig::new(ListingTableUrl::parse(url)?).with_listing_options(options);
        let config = config.infer_schema(&self.context.state()).await;
        let config = config.map_err(|error| store::refused(&error).unwrap_or_else(|| error.into()))?;
        let plain = config.file_schema.as_ref().map(without_comments);
        let config = plain.map_or(config.clone(), |plain| config.with_schema(plain));
        self.register_table(name, Arc::new(ListingTable::try_new(config)?))
    }

    /// Names of all that is registered.
    pub fn names(&self) -> Vec<String> {
        let state = self.context.state();
        let catalogs = state.config_options().catalog.clone();
        let schema = self.context.catalog(&catalogs.default_catalog);
        let schema = schema.and_then(|catalog| catalog.schema(&catalogs.default_schema));
        schema.map(|schema| schema.table_names()).unwrap_or_default()
    }

    /// Shows the rows of a relation in which a column has a value or none; a relation without that column stays as it is.
    ///
    /// # Errors
    /// `Engine` when the relation is not there.
    pub async fn only_where(&self, name: &str, column: &str, value: &str) -> Result<()> {
        let table = self.context.table(name).await?;
        if !table.schema().has_column_with_unqualified_name(column) {
            return Ok(());
        }
        let view = table.filter(col(column).eq(lit(value)).or(col(column).is_null()))?.into_view();
        self.register_table(name, view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{EngineOptions, Stores};
    use crate::table_file::to_parquet;
    use arrow::array::{Int64Array, RecordBatch, StringArray};
    use arrow::datatypes::Field;

    fn schema() -> SchemaRef {
        Arc::new(Schema::new(vec![
            Field::new("id", DataType::Utf8, false),
            Field::new("n", DataType::Int64, true),
            Field::new("event_date", DataType::Date32, false),
        ]))
    }

    async fn text(engine: &Engine, sql: &str) -> String {
        let (_, rows) = engine.select(sql).await.unwrap();
        arrow::util::pretty::pretty_format_batches(&rows).unwrap().to_string()
    }

    #[tokio::test]
    async fn days_are_read_back_with_the_contracts_schema_and_an_empty_relation_plans() {
        let store = Store::open(&Url::parse("memory:///engine_test/things/").unwrap(), &Stores::default()).unwrap();
        let engine = Engine::open(&EngineOptions::default()).await.unwrap();
        engine.mount(&store);
        engine.register_days("things", &schema(), &store, None).unwrap();
        assert_eq!(
            engine.select("select * from things").await.unwrap().1.iter().map(RecordBatch::num_rows).sum::<usize>(),
            0
        );

        let file = Arc::new(crate::table_file::without(&schema(), "event_date"));
        for (day, n) in [("2026-11-19", Some(1)), ("2026-11-20", None)] {
            let columns: Vec<arrow::array::ArrayRef> =
                vec![Arc::new(StringArray::from(vec![day])), Arc::new(Int64Array::from(vec![n]))];
            let rows = RecordBatch::try_new(file.clone(), columns).unwrap();
            store.put(&format!("event_date={day}/part.parquet"), to_parquet(&rows).unwrap()).await.unwrap();
        }
        // A day written later is seen: no listing is remembered.
        let all =
            text(&engine, "select id, n, event_date, arrow_typeof(event_date) as t from things order by id").await;
        assert!(all.contains("| 2026-11-19 | 1 | 2026-11-19 | Date32 |"), "{all}");
        assert!(all.contains("| 2026-11-20 |   | 2026-11-20 | Date32 |"), "{all}");
        let (found, _) = engine.select("select * from things").await.unwrap();
        assert!(
            !found.field_with_name("id").unwrap().is_nullable() && found.field_with_name("n").unwrap().is_nullable()
        );

        let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        engine.register_days("things", &schema(), &store, Some(&[day])).unwrap();
        assert!(text(&engine, "select count(*) as n from things").await.contains("| 1 |"));
    }

    #[tokio::test]
    async fn a_file_is_read_as_it_is_and_a_view_shows_one_value_and_none() {
        let store = Store::open(&Url::parse("memory:///engine_test/files/").unwrap(), &Stores::default()).unwrap();
        // The store is not mounted.
        let engine = Engine::open(&EngineOptions::default()).await.unwrap();
        let schema = Arc::new(Schema::new(vec![
            Field::new("workload_id", DataType::Utf8, true),
            Field::new("n", DataType::Int64, true),
        ]));
        let columns: Vec<arrow::array::ArrayRef> = vec![
            Arc::new(StringArray::from(vec![Some("a"), Some("b"), None, Some("b")])),
            Arc::new(Int64Array::from(vec![Some(1), Some(2), Some(4), None])),
        ];
        let rows = RecordBatch::try_new(schema, columns).unwrap();
        store.put("run_date=2026-11-21/int_x.parquet", to_parquet(&rows).unwrap()).await.unwrap();
        engine.register_file("int_x", &store, "run_date=2026-11-21/int_x.parquet").await.unwrap();
        let (found, _) = engine.select("select * from int_x").await.unwrap();
        assert_eq!(
            found.fields().iter().map(|field| field.data_type()).collect::<Vec<_>>(),
            [&DataType::Utf8, &DataType::Int64]
        );
        assert!(engine.names().contains(&"int_x".to_string()));
        for column in ["workload_id", "no_such_column"] {
            engine.only_where("int_x", column, "b").await.unwrap();
            let said = text(&engine, "select count(*) as rows, sum(n) as n from int_x").await;
            assert!(said.contains("| 3    | 6 |"), "{said}");
        }
    }
}
