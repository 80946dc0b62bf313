//! Tables whose rows the engine does not hold: those of whichever run asks, and rows that stand packed as Parquet. What is known of
//! them is an estimate of how many there are, by which the sides of joins are chosen.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Statistics;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions};

use crate::table_file::named_columns;

/// Rows of a batch, as the engine makes them.
const ROWS_OF_BATCH: usize = 8_192;

/// The rows of a run, by the names of their tables; they come with the run's configuration.
#[derive(Debug, Default, Clone)]
pub struct RowsOfRun(HashMap<String, Arc<[RecordBatch]>>);

impl RowsOfRun {
    /// The rows of one table, in the batches that they are in.
    pub(super) fn of(name: &str, rows: Vec<RecordBatch>) -> RowsOfRun {
        RowsOfRun([(name.to_string(), rows.into())].into())
    }

    /// Gives a table its rows, in batches of the engine's size.
    pub fn put(&mut self, name: &str, rows: &[RecordBatch]) {
        let cut = |rows: &RecordBatch| -> Vec<RecordBatch> {
            let begins = (0..rows.num_rows()).step_by(ROWS_OF_BATCH);
            begins.map(|begin| rows.slice(begin, ROWS_OF_BATCH.min(rows.num_rows() - begin))).collect()
        };
        self.0.insert(name.to_string(), rows.iter().flat_map(cut).collect());
    }

    /// Takes the rows of a table away.
    pub fn drop(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// How many rows a table has; `None` for one that the run does not know.
    pub fn count(&self, name: &str) -> Option<usize> {
        self.0.get(name).map(|rows| rows.iter().map(RecordBatch::num_rows).sum())
    }
}

/// Where the rows of a table are.
#[derive(Clone)]
enum Place {
    Run(String),
    Packed(Arc<[Bytes]>),
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Run(name) => write!(f, "{name} of the run"),
            Place::Packed(parts) => write!(f, "{} packed parts", parts.len()),
        }
    }
}

/// A table whose rows are read when a plan runs.
#[derive(Debug)]
pub(super) struct ReadRows {
    schema: SchemaRef,
    place: Place,
    /// How many rows there are, about.
    rows: AtomicUsize,
    /// The column by which they rise, nulls last.
    order: Option<String>,
}

impl ReadRows {
    pub(super) fn of_run(name: &str, schema: SchemaRef) -> ReadRows {
        ReadRows { schema, place: Place::Run(name.to_string()), rows: AtomicUsize::new(0), order: None }
    }

    pub(super) fn packed(schema: SchemaRef, parts: Arc<[Bytes]>, rows: usize) -> ReadRows {
        ReadRows { schema, place: Place::Packed(parts), rows: AtomicUsize::new(rows), order: None }
    }

    /// The same, whose rows rise by a column.
    pub(super) fn in_order_of(self, column: Option<&str>) -> ReadRows {
        ReadRows { order: column.map(str::to_string), ..self }
    }

    /// Notes how many rows a plan is to expect.
    pub(super) fn note(&self, rows: usize) {
        self.rows.store(rows, Ordering::Relaxed);
    }

    fn plan(&self, projection: Option<&Vec<usize>>) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = match projection {
            Some(places) => Arc::new(self.schema.project(places)?),
            None => self.schema.clone(),
        };
        let order = self.order.as_ref().and_then(|name| Some((name, schema.index_of(name).ok()?)));
        let order = order.map(|(name, place)| [PhysicalSortExpr::new_default(Arc::new(Column::new(name, place)))]);
        let properties = PlanProperties::new(
            EquivalenceProperties::new_with_orderings(schema, order),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let rows = self.rows.load(Ordering::Relaxed);
        Ok(Arc::new(ReadRowsExec { place: self.place.clone(), rows, properties: Arc::new(properties) }))
    }
}

type Planned<'a> = Pin<Box<dyn Future<Output = Result<Arc<dyn ExecutionPlan>>> + Send + 'a>>;

impl TableProvider for ReadRows {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn scan<'a, 'b, 'c, 'd, 't>(
        &'a self,
        _: &'b dyn Session,
        projection: Option<&'c Vec<usize>>,
        _: &'d [Expr],
        _: Option<usize>,
    ) -> Planned<'t>
    where
        'a: 't,
        'b: 't,
        'c: 't,
        'd: 't,
        Self: 't,
    {
        Box::pin(async move { self.plan(projection) })
    }
}

/// The leaf of a plan that reads such a table.
#[derive(Debug)]
struct ReadRowsExec {
    place: Place,
    rows: usize,
    properties: Arc<PlanProperties>,
}

impl DisplayAs for ReadRowsExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "ReadRowsExec: {:?}", self.place)
    }
}

impl ExecutionPlan for ReadRowsExec {
    fn name(&self) -> &'static str {
        "ReadRowsExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn statistics_from_inputs(&self, _: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        // An estimate, as the next run has other rows.
        let rows = Precision::Inexact(self.rows);
        Ok(Arc::new(Statistics::new_unknown(self.properties.eq_properties.schema()).with_num_rows(rows)))
    }

    fn execute(&self, _: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let schema = self.properties.eq_properties.schema().clone();
        let wanted = schema.clone();
        let batches: Box<dyn Iterator<Item = Result<RecordBatch>> + Send> = match &self.place {
            Place::Run(name) => {
                let rows = context.session_config().get_extension::<RowsOfRun>();
                let rows = rows
                    .and_then(|rows| rows.0.get(name).cloned())
                    .ok_or_else(|| DataFusionError::Execution(format!("the rows of `{name}` are not there")))?;
                Box::new((0..rows.len()).map(move |place| columns(&rows[place], &wanted)))
            }
            Place::Packed(parts) => {
                let parts: Vec<Bytes> = parts.to_vec();
                Box::new(parts.into_iter().flat_map(move |part| match unpacked(&part, &wanted) {
                    Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<_>>(),
                    Err(error) => vec![Err(error)],
                }))
            }
        };
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::iter(batches))))
    }
}

/// The columns that a plan asks for; rows of a run may lack those that no query names.
fn columns(rows: &RecordBatch, wanted: &SchemaRef) -> Result<RecordBatch> {
    let of = rows.schema();
    let places = wanted.fields().iter().map(|field| of.index_of(field.name())).collect::<Result<Vec<_>, _>>()?;
    let columns = places.iter().map(|place| rows.column(*place).clone()).collect();
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    Ok(RecordBatch::try_new_with_options(wanted.clone(), columns, &options)?)
}

fn unpacked(part: &Bytes, wanted: &SchemaRef) -> Result<Vec<RecordBatch>> {
    let names: Vec<&str> = wanted.fields().iter().map(|field| field.name().as_str()).collect();
    let rows = named_columns(part.clone(), &names).map_err(|error| DataFusionError::External(Box::new(error)))?;
    rows.iter().map(|rows| columns(rows, wanted)).collect()
}
