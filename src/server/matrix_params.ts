export type MatrixParams = Record<string,string>; export function matrixParams(_a:string,_b:string): MatrixParams { return {} } export function stripMatrix(a: string): string { return a }
