/** A process that keeps a project open until it is killed. */
import { emptyProject } from '../../src/common/project/document.ts';
import { openProject } from '../../src/main/engine/project/file.ts';

const { file } = openProject(process.argv[2]!);
file.save(emptyProject('held'));
process.send?.('open');
// A file that nobody can reach any more is closed by the garbage collector.
setInterval(() => file.path, 1000);
