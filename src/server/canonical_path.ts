// placeholder of the lead, overwrite me
export function canonicalPath(path: string): string { return path }
export function canonicalPattern(path: string): string { return path }
