"""Running scripts as jobs: what a job is, the engines that run it, the plan before it is paid."""
