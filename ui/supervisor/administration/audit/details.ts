/** What an entry of the audit log says besides who, when and where, in one line: `key: value`, as the API names it. */
export function detailsOf(data: Record<string, unknown> | null): string {
  return Object.entries(data ?? {})
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([key, value]) => `${key}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(' · ');
}
