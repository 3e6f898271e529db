-- Campaigns: src/loop/campaign.h. From `sender` on it is said by the program as the campaign runs.
-- spread: county
CREATE TABLE campaigns (
	county     BIGINT NOT NULL,
	id         BIGINT NOT NULL,
	area       BIGINT NOT NULL,
	version    BIGINT NOT NULL,
	state      TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	name       TEXT NOT NULL,
	sector     TEXT NOT NULL,
	scope      TEXT NOT NULL,
	query      TEXT,
	title      TEXT NOT NULL,
	detail     TEXT,
	rule       TEXT NOT NULL,
	needs      TEXT NOT NULL,
	until      BIGINT NOT NULL,
	repeats    TEXT,
	reason     TEXT,
	sender     BIGINT,
	started_at BIGINT,
	next_at    BIGINT,
	things     BIGINT,
	before_id  BIGINT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX campaigns_id ON campaigns (id);
CREATE INDEX campaigns_area ON campaigns (county, area, id);
CREATE INDEX campaigns_before ON campaigns (county, before_id, id);
CREATE INDEX campaigns_state ON campaigns (county, state, id);
CREATE INDEX campaigns_sector ON campaigns (county, sector, id);
-- across: the clock looks over all counties
CREATE INDEX campaigns_next ON campaigns (next_at) WHERE next_at IS NOT NULL;

-- The things of a campaign whose scope is a file, as they were listed.
-- spread: county
CREATE TABLE campaign_listed (
	county   BIGINT NOT NULL,
	campaign BIGINT NOT NULL,
	thing    BIGINT NOT NULL,
	PRIMARY KEY (county, campaign, thing)
);

-- How a campaign stands in an area and all below it, up to the county: kept with each step of its
-- tasks. `top` is 1 for the county itself (or a task's city or province).
-- spread: county
CREATE TABLE campaign_count (
	county      BIGINT NOT NULL,
	campaign    BIGINT NOT NULL,
	area        BIGINT NOT NULL,
	parent      BIGINT NOT NULL,
	top         BIGINT NOT NULL,
	open        BIGINT NOT NULL,
	returned    BIGINT NOT NULL,
	accepted    BIGINT NOT NULL,
	in_progress BIGINT NOT NULL,
	proved      BIGINT NOT NULL,
	done        BIGINT NOT NULL,
	struck      BIGINT NOT NULL,
	late        BIGINT NOT NULL,
	PRIMARY KEY (county, campaign, area)
);
CREATE INDEX campaign_count_parent ON campaign_count (county, campaign, parent, area);
-- across: a campaign of a city reaches over its counties
CREATE INDEX campaign_count_top ON campaign_count (campaign, top, area);

-- Who is left, in the order of their areas.
-- across: a campaign reaches over many counties
CREATE INDEX tasks_gap ON tasks (campaign, area, id)
	WHERE state <> 'closed' AND campaign IS NOT NULL;
