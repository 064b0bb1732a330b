/** What a sink is called in the spool, in status and in errors: its own name, else "email-1", "webhook-2". */
export function sinkName(kind: 'email' | 'webhook', index: number, name: string | undefined): string {
  return name ?? `${kind}-${index + 1}`;
}
