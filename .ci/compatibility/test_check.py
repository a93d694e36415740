"""The right contract is compared, in each kind of clone, and a step of the version lets a breaking change pass."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).with_name("check.py")
CONTRACT = """# Generated
openapi: 3.0.0
info:
  title: t
  version: "{version}"
paths:
{paths}
"""
OPERATION = "  /{}:\n    get:\n      responses:\n        '200':\n          description: ok"


class Repository:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("config", "user.name", "ci")
        self.git("config", "user.email", "ci@localhost")
        self.write("0.1.0", "a", "b", "c")

    def git(self, *arguments):
        subprocess.run(["git", *arguments], cwd=self.folder, check=True, capture_output=True)

    def write(self, version, *operations):
        paths = "\n".join(map(OPERATION.format, operations)) or "  {}"
        (self.folder / "openapi.yaml").write_text(CONTRACT.format(version=version, paths=paths))

    def commit(self, *contract, tag=None):
        if contract:
            self.write(*contract)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "x")
        if tag:
            self.git("tag", tag)

    def with_check(self):
        own = self.folder / ".ci/compatibility/check.py"
        own.parent.mkdir(parents=True)
        own.write_text("")
        self.commit()
        return self

    def check(self, folder=None):
        return subprocess.run([sys.executable, CHECK], cwd=folder or self.folder, capture_output=True, text=True)


class TheCheck(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.temporary = pathlib.Path(folder.name)
        (self.temporary / "it").mkdir()
        self.repository = Repository(self.temporary / "it")

    def passes(self, **how):
        result = self.repository.check(**how)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout

    def refuses(self, *said, **how):
        result = self.repository.check(**how)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        for text in said:
            self.assertIn(text, result.stdout + result.stderr)

    def test_a_change_that_is_not_committed_is_compared(self):
        self.repository.with_check()
        self.passes()
        self.repository.write("0.1.0", "a", "b")
        self.refuses("breaking: GET /c: the operation was removed", "1 breaking changes need the version 0.2.0")
        self.repository.write("0.1.1", "a", "b")
        self.refuses("need the version 0.2.0")
        self.repository.write("0.2.0", "a", "b")
        self.assertIn("from version 0.1.0 to 0.2.0", self.passes())

    def test_on_main_without_a_release_all_commits_of_a_push_are_compared(self):
        self.repository.commit("0.1.0", "a", "b", "c", "before-the-check")
        self.repository.commit("0.1.0", "a", "b", "c")
        self.repository.with_check().commit("0.1.0", "a", "b")
        self.repository.commit("0.1.0", "a", "b", "d")
        self.refuses("GET /c")

    def test_a_check_that_came_by_a_merge_works_from_the_merge_on(self):
        self.repository.commit("0.1.0", "a", "b", "c")
        self.repository.git("checkout", "--quiet", "-b", "topic")
        self.repository.with_check()
        self.repository.git("checkout", "--quiet", "main")
        self.repository.commit("0.1.0", "a", "b")
        self.repository.git("merge", "--quiet", "--no-ff", "topic", "--message", "m")
        self.passes()
        self.repository.commit("0.1.0", "a", "d")
        self.refuses("GET /b", "1 breaking changes")

    def test_after_a_step_the_contract_of_the_step_is_compared(self):
        self.repository.with_check().commit("0.2.0", "a", "b")
        self.passes()
        self.repository.commit("0.2.0", "a", "b", "d")
        self.passes()
        self.repository.commit("0.2.1", "a", "d")
        self.refuses("GET /b", "0.3.0")

    def test_with_a_release_its_contract_is_compared_although_its_tag_is_not_on_main(self):
        self.repository.with_check()
        self.repository.git("checkout", "--quiet", "-b", "release")
        self.repository.commit(tag="v0.1.0")
        self.repository.git("checkout", "--quiet", "main")
        self.repository.commit("0.1.1", "a", "b", "c", "d")
        # It was never released.
        self.repository.commit("0.1.1", "a", "b", "c")
        self.assertIn("the release v0.1.0", self.passes())
        self.repository.commit("0.1.1", "a")
        self.refuses("GET /b", "GET /c", "2 breaking changes")
        # One step is enough for all changes until the next release.
        self.repository.commit("0.2.0", "a")
        self.repository.commit("0.2.0", "e")
        self.passes()

    def test_a_correction_of_an_older_release_is_compared_with_that(self):
        self.repository.with_check().commit(tag="v0.1.0")
        self.repository.commit("0.2.0", "z", tag="v0.2.0")
        self.repository.git("tag", "v0")
        self.repository.git("checkout", "--quiet", "-b", "old", "v0.1.0")
        self.repository.commit("0.1.1", "a", "b", "c")
        self.assertIn("the release v0.1.0", self.passes())

    def test_from_1_0_0_a_breaking_change_needs_a_major_version(self):
        self.repository.with_check().commit("1.2.0", "a", "b", "c", tag="v1.2.0")
        self.repository.commit("1.3.0", "a", "b")
        self.refuses("need the version 2.0.0")
        self.repository.commit("2.0.0", "a", "b")
        self.passes()

    def test_a_version_does_not_go_back(self):
        self.repository.with_check().commit("0.1.3", "a", "b", "c")
        self.repository.write("0.0.9", "a", "b", "c")
        self.refuses("is below")

    def test_a_clone_without_history_is_refused_with_the_command_that_fetches_it(self):
        self.repository.with_check().commit("0.1.0", "a")
        self.repository.git("clone", "--quiet", "--depth", "1", f"file://{self.repository.folder}", "../shallow")
        self.refuses("git fetch --unshallow --tags", folder=self.temporary / "shallow")
        self.repository.git("clone", "--quiet", f"file://{self.repository.folder}", "../whole")
        self.refuses("GET /b", folder=self.temporary / "whole")

    def test_a_merged_branch_is_compared_with_main(self):
        self.repository.with_check()
        self.repository.git("checkout", "--quiet", "-b", "topic")
        self.repository.commit("0.1.0", "a", "b")
        self.refuses("GET /c")
        self.repository.git("checkout", "--quiet", "main")
        self.repository.commit("0.1.0", "a", "b", "c", "d")
        self.repository.git("merge", "--quiet", "--strategy-option", "theirs", "topic", "--message", "m")
        self.refuses("GET /c")


if __name__ == "__main__":
    unittest.main()
