//! `server_instance`: this server, for the other releases that share the database.

use uuid::Uuid;

use super::{Db, Program, Statement, StoreError};

/// A server that runs.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    id: Uuid,
    function_schema: String,
    release: i32,
}

impl Instance {
    /// A server of this program.
    pub(crate) fn new(program: &Program) -> Self {
        Self { id: Uuid::now_v7(), function_schema: program.schema(), release: program.release() }
    }

    /// Writes a sign of life.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) async fn announce(&self, db: &Db) -> Result<(), StoreError> {
        let announce = "select announce_server(p_id => $1, p_function_schema => $2, p_release => $3)";
        let announce =
            Statement::new(announce).bind(self.id).bind(self.function_schema.as_str()).bind(self.release);
        db.job().execute(announce).await
    }

    /// Removes the server, which serves nothing any more.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) async fn remove(&self, db: &Db) -> Result<(), StoreError> {
        db.job().execute(Statement::new("select remove_server(p_id => $1)").bind(self.id)).await
    }
}
