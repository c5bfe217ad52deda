// Faults of the table that needs pgvector.

#include "tests/testing/stack/fault_actions.h"

namespace smokemesh::testing {

std::vector<Fault> VectorFaults() {
  std::vector<Fault> faults = {
      {"vector_extension_missing", "pgvector is gone, and the column with it", "PostgreSQL",
       VectorSql("DROP EXTENSION vector CASCADE")},
      {"vector_dimension_wrong", "embeddings have 768 dimensions: the column of another model",
       "PostgreSQL",
       VectorSql("ALTER TABLE atlas.knowledge_chunks ALTER embedding TYPE vector(768)"
                 " USING subvector(embedding, 1, 768)")},
      {"vector_index_missing", "embeddings have no index", "PostgreSQL",
       VectorSql("DROP INDEX atlas.knowledge_chunks_embedding_idx")},
      {"vector_index_for_other_distance", "the index is for another distance than the queries",
       "PostgreSQL",
       VectorSql("DROP INDEX atlas.knowledge_chunks_embedding_idx;"
                 "CREATE INDEX knowledge_chunks_embedding_idx ON atlas.knowledge_chunks"
                 " USING hnsw (embedding vector_l2_ops)")},
      {"vector_not_on_search_path", "pgvector is in a schema that nobody looks into", "PostgreSQL",
       VectorSql("ALTER EXTENSION vector SET SCHEMA atlas")},
      {"vector_table_closed", "the services may not read the embeddings", "PostgreSQL",
       VectorSql("REVOKE ALL ON atlas.knowledge_chunks FROM aura_app")},
  };
  for (Fault& fault : faults) fault.vectors = true;
  return faults;
}

}  // namespace smokemesh::testing
