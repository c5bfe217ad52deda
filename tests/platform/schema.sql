-- The database of the reference platform. Run once as superuser in an empty database; the roles are
-- made without passwords. Constraints have names of their own, because checks and error messages
-- refer to them. What needs pgvector is in vector.sql, because it may lie on another server.
--
-- aura_owner   owns everything; nobody logs in as it
-- aura_app     the services; neither owner nor superuser, so row-level security applies to it
-- aura_smoke   the checks; the rights of aura_app, and it may make scratch schemas of its own
-- aura_policy  owns the one function that the policies call; sees all rows so that the policies of
--              two tables can look at each other without recursion; nobody logs in as it

DO $$
DECLARE
  wanted text[] := ARRAY['aura_owner NOLOGIN', 'aura_app LOGIN NOSUPERUSER NOBYPASSRLS',
                         'aura_smoke LOGIN NOSUPERUSER NOBYPASSRLS', 'aura_policy NOLOGIN BYPASSRLS'];
  role text;
BEGIN
  FOREACH role IN ARRAY wanted LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = split_part(role, ' ', 1)) THEN
      EXECUTE 'CREATE ROLE ' || role;
    END IF;
  END LOOP;
  EXECUTE format('GRANT CREATE ON DATABASE %I TO aura_owner, aura_smoke', current_database());
END $$;
GRANT aura_app TO aura_smoke;

-- The worker names its tables without a schema.
DO $$
BEGIN
  EXECUTE format('ALTER ROLE aura_app IN DATABASE %I SET search_path = atlas, public',
                 current_database());
END $$;

CREATE SCHEMA atlas AUTHORIZATION aura_owner;

SET ROLE aura_owner;

CREATE TABLE atlas.organizations (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT organizations_name_length_check CHECK (length(name) BETWEEN 1 AND 255)
);

CREATE TABLE atlas.users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL,
  full_name text NOT NULL,
  role text NOT NULL DEFAULT 'staff',
  organization_id uuid,
  hashed_password text NOT NULL,
  is_active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_login_at timestamptz,
  CONSTRAINT users_email_key UNIQUE (email),
  CONSTRAINT users_email_check CHECK (position('@' IN email) > 1),
  CONSTRAINT users_full_name_length_check CHECK (length(full_name) BETWEEN 1 AND 255),
  CONSTRAINT users_role_check CHECK (
    role IN ('partner', 'manager', 'senior', 'staff', 'qc_reviewer', 'client_contact')),
  CONSTRAINT users_organization_id_fkey FOREIGN KEY (organization_id)
    REFERENCES atlas.organizations (id)
);

CREATE TABLE atlas.login_audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id uuid NOT NULL,
  email text NOT NULL,
  success boolean NOT NULL,
  ip_address text,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT login_audit_log_user_id_fkey FOREIGN KEY (user_id)
    REFERENCES atlas.users (id) ON DELETE CASCADE
);
CREATE INDEX login_audit_log_user_id_idx ON atlas.login_audit_log (user_id);

-- A client is known by an id that comes from elsewhere: no foreign key.
CREATE TABLE atlas.engagements (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  client_id uuid NOT NULL,
  name text NOT NULL,
  engagement_type text NOT NULL,
  status text NOT NULL DEFAULT 'draft',
  fiscal_year_end date NOT NULL,
  start_date date,
  expected_completion_date date,
  partner_id uuid,
  manager_id uuid,
  created_by uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  locked_at timestamptz,
  locked_by uuid,
  CONSTRAINT engagements_name_length_check CHECK (length(name) BETWEEN 1 AND 500),
  CONSTRAINT engagements_engagement_type_check CHECK (
    engagement_type IN ('audit', 'review', 'compilation', 'agreed_upon_procedures')),
  CONSTRAINT engagements_status_check CHECK (
    status IN ('draft', 'planning', 'fieldwork', 'review', 'finalized')),
  CONSTRAINT engagements_fiscal_year_check CHECK (
    fiscal_year_end BETWEEN DATE '1990-01-01' AND DATE '2100-12-31'),
  CONSTRAINT engagements_dates_check CHECK (expected_completion_date >= start_date),
  CONSTRAINT engagements_created_by_fkey FOREIGN KEY (created_by)
    REFERENCES atlas.users (id) ON DELETE CASCADE,
  CONSTRAINT engagements_partner_id_fkey FOREIGN KEY (partner_id)
    REFERENCES atlas.users (id) ON DELETE SET NULL,
  CONSTRAINT engagements_manager_id_fkey FOREIGN KEY (manager_id)
    REFERENCES atlas.users (id) ON DELETE SET NULL,
  CONSTRAINT engagements_locked_by_fkey FOREIGN KEY (locked_by)
    REFERENCES atlas.users (id) ON DELETE SET NULL
);
CREATE INDEX engagements_created_by_idx ON atlas.engagements (created_by, created_at DESC);

CREATE TABLE atlas.engagement_team_members (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  engagement_id uuid NOT NULL,
  user_id uuid NOT NULL,
  role text NOT NULL,
  assigned_at timestamptz NOT NULL DEFAULT now(),
  assigned_by uuid,
  CONSTRAINT engagement_team_members_engagement_id_user_id_key UNIQUE (engagement_id, user_id),
  CONSTRAINT engagement_team_members_role_check CHECK (
    role IN ('partner', 'manager', 'senior', 'staff', 'qc_reviewer')),
  CONSTRAINT engagement_team_members_engagement_id_fkey FOREIGN KEY (engagement_id)
    REFERENCES atlas.engagements (id) ON DELETE CASCADE,
  CONSTRAINT engagement_team_members_user_id_fkey FOREIGN KEY (user_id)
    REFERENCES atlas.users (id) ON DELETE CASCADE,
  CONSTRAINT engagement_team_members_assigned_by_fkey FOREIGN KEY (assigned_by)
    REFERENCES atlas.users (id) ON DELETE SET NULL
);
CREATE INDEX engagement_team_members_user_id_idx ON atlas.engagement_team_members (user_id);

CREATE TABLE atlas.binder_nodes (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  engagement_id uuid NOT NULL,
  parent_id uuid,
  node_type text NOT NULL,
  title text NOT NULL,
  CONSTRAINT binder_nodes_node_type_check CHECK (node_type IN ('ROOT', 'FOLDER', 'WORKPAPER')),
  CONSTRAINT binder_nodes_engagement_id_fkey FOREIGN KEY (engagement_id)
    REFERENCES atlas.engagements (id) ON DELETE CASCADE,
  CONSTRAINT binder_nodes_parent_id_fkey FOREIGN KEY (parent_id)
    REFERENCES atlas.binder_nodes (id) ON DELETE CASCADE
);
CREATE INDEX binder_nodes_engagement_id_idx ON atlas.binder_nodes (engagement_id);

CREATE TABLE atlas.workpapers (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  engagement_id uuid NOT NULL,
  title text NOT NULL,
  status text NOT NULL DEFAULT 'draft',
  content jsonb NOT NULL DEFAULT '{}',
  metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT workpapers_title_length_check CHECK (length(title) BETWEEN 1 AND 500),
  CONSTRAINT workpapers_status_check CHECK (status IN ('draft', 'in_review', 'approved')),
  CONSTRAINT workpapers_content_check CHECK (jsonb_typeof(content) = 'object'),
  CONSTRAINT workpapers_engagement_id_fkey FOREIGN KEY (engagement_id)
    REFERENCES atlas.engagements (id) ON DELETE CASCADE
);
CREATE INDEX workpapers_engagement_id_idx ON atlas.workpapers (engagement_id);
CREATE INDEX workpapers_content_idx ON atlas.workpapers USING gin (content);

-- What must be true before an engagement may be finalized.
CREATE TABLE atlas.qc_policies (
  code text PRIMARY KEY,
  description text NOT NULL,
  config jsonb NOT NULL DEFAULT '{}',
  is_active boolean NOT NULL DEFAULT true
);
INSERT INTO atlas.qc_policies (code, description, config) VALUES
  ('workpapers_approved', 'Every workpaper is approved, and there is at least one.', '{"least": 1}'),
  ('partner_assigned', 'A partner answers for the engagement.', '{}');

-- What the worker makes of the events that it receives; one row for each event.
CREATE TABLE atlas.engagement_activity (
  event_id text PRIMARY KEY,
  engagement_id uuid NOT NULL,
  event_type text NOT NULL,
  service text NOT NULL,
  retry_count integer NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT engagement_activity_engagement_id_fkey FOREIGN KEY (engagement_id)
    REFERENCES atlas.engagements (id) ON DELETE CASCADE
);
CREATE INDEX engagement_activity_engagement_id_idx ON atlas.engagement_activity (engagement_id);

RESET ROLE;

-- Who asks: set for each transaction by the services. Nobody when it is not set.
CREATE FUNCTION atlas.current_user_id() RETURNS uuid
  LANGUAGE sql STABLE
  RETURN NULLIF(current_setting('app.current_user_id', true), '')::uuid;

CREATE FUNCTION atlas.can_access(wanted uuid) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = atlas, pg_temp AS $$
    SELECT EXISTS (SELECT FROM atlas.engagements
                   WHERE id = wanted AND created_by = atlas.current_user_id())
        OR EXISTS (SELECT FROM atlas.engagement_team_members
                   WHERE engagement_id = wanted AND user_id = atlas.current_user_id())
  $$;
ALTER FUNCTION atlas.can_access(uuid) OWNER TO aura_policy;
ALTER FUNCTION atlas.current_user_id() OWNER TO aura_owner;

GRANT USAGE ON SCHEMA atlas TO aura_app, aura_policy;
GRANT SELECT ON atlas.engagements, atlas.engagement_team_members TO aura_policy;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA atlas TO aura_app;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['engagements', 'engagement_team_members', 'binder_nodes',
                              'workpapers', 'engagement_activity'] LOOP
    EXECUTE format('ALTER TABLE atlas.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE atlas.%I FORCE ROW LEVEL SECURITY', name);
  END LOOP;
END $$;

CREATE POLICY engagements_isolation ON atlas.engagements
  USING (created_by = atlas.current_user_id() OR atlas.can_access(id))
  WITH CHECK (created_by = atlas.current_user_id() OR atlas.can_access(id));
CREATE POLICY engagement_team_members_isolation ON atlas.engagement_team_members
  USING (user_id = atlas.current_user_id() OR atlas.can_access(engagement_id))
  WITH CHECK (atlas.can_access(engagement_id));
CREATE POLICY binder_nodes_isolation ON atlas.binder_nodes
  USING (atlas.can_access(engagement_id)) WITH CHECK (atlas.can_access(engagement_id));
CREATE POLICY workpapers_isolation ON atlas.workpapers
  USING (atlas.can_access(engagement_id)) WITH CHECK (atlas.can_access(engagement_id));
-- The worker writes for whoever caused the event, and reads nothing.
CREATE POLICY engagement_activity_isolation ON atlas.engagement_activity FOR SELECT
  USING (atlas.can_access(engagement_id));
CREATE POLICY engagement_activity_recording ON atlas.engagement_activity FOR INSERT
  WITH CHECK (true);
