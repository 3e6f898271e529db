-- Who corrected a confirmed case since it was last confirmed: they cannot confirm it anew.
-- spread: county
CREATE TABLE case_altered (
	county  BIGINT NOT NULL,
	case_id BIGINT NOT NULL,
	account BIGINT NOT NULL,
	PRIMARY KEY (county, case_id, account)
);
