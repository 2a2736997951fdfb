/** The tables, step by step: entry N brings a file of version N to N + 1. Entries are never changed, only added. */

const FIRST = `
-- What the figures of a row are: JSON of layout.ts.
CREATE TABLE layout (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

-- Guests, as their rows name them. The host is 0 and not in here.
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  identity TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  seen_ms INTEGER NOT NULL
);

-- Rows of a time that is not over: of many series at once, those of one group. data: codec.ts.
CREATE TABLE loose (
  id INTEGER PRIMARY KEY,
  tier INTEGER NOT NULL,
  grp INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  layout INTEGER NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (tier, grp, start_ms)
);

-- Rows of one series over the time of a block.
CREATE TABLE block (
  id INTEGER PRIMARY KEY,
  tier INTEGER NOT NULL,
  series INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  layout INTEGER NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (tier, series, start_ms)
);
CREATE INDEX block_by_time ON block (tier, start_ms);

-- data: JSON of an AgentEvent, deflated.
CREATE TABLE event (id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, kind TEXT NOT NULL, data BLOB NOT NULL);
CREATE INDEX event_by_time ON event (time_ms);
`;

export const MIGRATIONS: readonly string[] = [FIRST];

export const SCHEMA_VERSION = MIGRATIONS.length;
