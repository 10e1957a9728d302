export { type ExportOptions, exportCvat } from './export-service.js';
export { type ImportReport, type ImportSource, importCvat } from './import-service.js';
export { describeImport } from './report.js';
