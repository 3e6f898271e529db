// The four parties of an area and sector, and what is missing among them.
export const PARTIES = ['territory', 'department', 'unit', 'individual'];

export const areaCode = (area) => (typeof area === 'string' ? area : area.code);
export const sectorWord = (sector) => (typeof sector === 'string' ? sector : sector.word);

export const holesOf = (cell) => PARTIES.filter((party) => !cell?.[party]);

/** Holes of a row over all sectors. */
export const rowHoles = (row, sectors) =>
  sectors.reduce((n, s) => n + holesOf(row.cells[sectorWord(s)]).length, 0);
