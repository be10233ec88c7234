/** What an operator is let do; each role has all that it needs and no more. */
export const operatorRoles = ['viewer', 'operator', 'admin', 'auditor'] as const;
export type OperatorRole = (typeof operatorRoles)[number];

/** What a call needs: `anyone` who reaches it, or a role that may do as much. */
export type Permission = 'anyone' | 'read' | 'command' | 'administer' | 'audit';

const rolesOf: Readonly<Record<Permission, readonly OperatorRole[]>> = {
  anyone: operatorRoles,
  read: operatorRoles,
  command: ['operator', 'admin'],
  administer: ['admin'],
  audit: ['auditor', 'admin'],
};

export function mayDo(role: OperatorRole, permission: Permission): boolean {
  return rolesOf[permission].includes(role);
}

/** Who may, for messages: the least of them first. */
export function rolesThatMay(permission: Permission): readonly OperatorRole[] {
  return rolesOf[permission];
}
