/*
 * access.h - who may, and the one way through: what a room with routes includes.
 *
 * role.h has capabilities and roles, scope.h areas, route.h the row a route is, call.h what its
 * handler is given. What serve needs besides (dispatch.h) and what administers accounts
 * (account.h, session.h, key.h) is not here.
 */
#ifndef ACCESS_ACCESS_H
#define ACCESS_ACCESS_H
#include "access/call.h"
#include "access/role.h"
#include "access/route.h"
#include "access/scope.h"
#endif
