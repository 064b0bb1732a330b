/** The HTTP(S) health check of a component: as its manifest's probe says, or K3s's `/readyz`. */
export type HealthCheck = { scheme: 'http' | 'https'; host: string; port: number; path: string };
