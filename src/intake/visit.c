/* visit.c - see visit.h. */
#include "intake/visit.h"

#include "base/ban.h"

const struct field visit_fields[VISIT_FIELD_N] = {
	[VISIT_PERSON] = { TEXT(struct visit_in, person), "人员", "Person", SEE_VAULT, 0, 1, 120 },
	[VISIT_ID_NUMBER] = { TEXT(struct visit_in, id_number), "证件号码", "ID number", SEE_VAULT,
			      0, 0, 40 },
	[VISIT_PHONE] = { TEXT(struct visit_in, phone), "电话", "Phone", SEE_VAULT, 0, 0, 60 },
	[VISIT_PLACE] = { TEXT(struct visit_in, place), "场所", "Place", SEE_AREA, FIELD_REQUIRED,
			  1, 100 },
	[VISIT_KIND] = { TEXT(struct visit_in, kind), "场所类型", "Kind", SEE_AREA, 0, 1, 40 },
	[VISIT_FROM] = { TIME(struct visit_in, from), "开始", "From", SEE_AREA, FIELD_REQUIRED },
	[VISIT_TO] = { TIME(struct visit_in, to), "结束", "To", SEE_AREA, 0 },
	[VISIT_SEAT] = { TEXT(struct visit_in, seat), "座位", "Seat", SEE_AREA, 0, 1, 60 },
	[VISIT_ROLE] = { TEXT(struct visit_in, role), "角色", "Role", SEE_AREA, 0, 1, 60 },
};
const size_t visit_fields_n = VISIT_FIELD_N;
