/*
 * Job type of Flamenco 3 for Retake. Copy it into the folder "scripts" beside the manager and restart that; after an update of Retake,
 * copy it anew.
 */
const JOB_TYPE = {
    label: "Retake Farm",
    description: "Shots that Retake re-shoots, as its desktop or its command line hands them in",
    settings: [
        { key: "folder", type: "string", subtype: "dir_path", required: true, visible: "web",
          description: "The job, in a folder that all workers see" },
        { key: "program", type: "string", required: true, visible: "hidden",
          description: "What starts Retake on the workers and its first arguments, as JSON" },
        { key: "more", type: "string", required: true, visible: "hidden",
          description: "Further arguments of every task, as JSON" },
        { key: "tasks", type: "string", required: true, visible: "hidden",
          description: "Steps and numbers, as JSON" },
    ]
};

function compileJob(job) {
    const settings = job.settings;
    const program = JSON.parse(settings.program);
    const more = JSON.parse(settings.more);

    let before = [];
    for (const step of ["invert", "render", "assemble"]) {
        const tasks = JSON.parse(settings.tasks).filter(function (one) { return one.step === step; });
        const authored = tasks.map(function (one) {
            const task = author.Task(one.name, "misc");
            task.addCommand(author.Command("exec", {
                exe: program[0],
                args: program.slice(1).concat(
                    ["farm", "run-task", settings.folder, "--step", step],
                    ["--first", String(one.first), "--last", String(one.last)],
                    more
                ),
            }));
            before.forEach(function (earlier) { task.addDependency(earlier); });
            job.addTask(task);
            return task;
        });
        if (authored.length > 0) before = authored;
    }
}
