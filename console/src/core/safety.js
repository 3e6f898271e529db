// What the pages of the safety side share.

/** The five elements of a major hazard, as fields of the noun. */
export const FIVE = ['measure', 'funds', 'responsible', 'limit_on', 'plan'];
