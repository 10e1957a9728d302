import { type CvatRelease, cvatReleaseOf } from '../kernel/cvat-release.js';
import type { Config } from '../platform/config/settings.js';

export const releaseOf = ({ CVAT_VERSION }: Config): CvatRelease => cvatReleaseOf(CVAT_VERSION);
