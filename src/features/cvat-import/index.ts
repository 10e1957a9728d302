export { type ExportOptions, type ExportReport, exportCvat } from './export-service.js';
export { type ImportReport, type ImportSource, importCvat } from './import-service.js';
export { describeImport } from './report.js';
