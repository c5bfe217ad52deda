-- The part of the database that needs pgvector. Run once as superuser, after schema.sql or on a
-- server of its own that has the extension: what both need is made only where it is missing.

DO $$
DECLARE
  wanted text[] := ARRAY['aura_owner NOLOGIN', 'aura_app LOGIN NOSUPERUSER NOBYPASSRLS',
                         'aura_smoke LOGIN NOSUPERUSER NOBYPASSRLS'];
  role text;
BEGIN
  FOREACH role IN ARRAY wanted LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = split_part(role, ' ', 1)) THEN
      EXECUTE 'CREATE ROLE ' || role;
    END IF;
  END LOOP;
  EXECUTE format('GRANT CREATE ON DATABASE %I TO aura_smoke', current_database());
END $$;
GRANT aura_app TO aura_smoke;

CREATE EXTENSION vector;
CREATE SCHEMA IF NOT EXISTS atlas AUTHORIZATION aura_owner;

-- Embeddings of a model with 1536 dimensions, found by the angle between them.
CREATE TABLE atlas.knowledge_chunks (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  content text NOT NULL,
  embedding vector(1536) NOT NULL,
  CONSTRAINT knowledge_chunks_content_check CHECK (length(content) > 0)
);
ALTER TABLE atlas.knowledge_chunks OWNER TO aura_owner;

-- Each embedding points along an axis of its own.
INSERT INTO atlas.knowledge_chunks (content, embedding)
SELECT content, ('[' || repeat('0,', axis - 1) || '1' || repeat(',0', 1536 - axis) || ']')::vector
FROM (VALUES (1, 'Revenue is recognised when control of the goods passes to the customer.'),
             (2, 'A going concern is assessed for at least twelve months.'),
             (3, 'Related parties are disclosed with the nature of the relationship.'),
             (4, 'Inventory is measured at the lower of cost and net realisable value.'))
  AS chunk (axis, content);

CREATE INDEX knowledge_chunks_embedding_idx ON atlas.knowledge_chunks
  USING hnsw (embedding vector_cosine_ops);

GRANT USAGE ON SCHEMA atlas TO aura_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON atlas.knowledge_chunks TO aura_app;
