import type { Role } from '../core/views.ts';

/** Supervisors and admins see and steer everything. */
export function isSupervisor({ role }: { role: Role }): boolean {
  return role === 'supervisor' || role === 'admin';
}
