export type Role = 'agent' | 'supervisor' | 'admin';
export type PresenceState = 'available' | 'paused' | 'offline';

/** Supervisors and admins see and steer everything. */
export const isSupervisor = ({ role }: { role: string }): boolean => role === 'supervisor' || role === 'admin';
