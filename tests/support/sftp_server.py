"""A real SSH server with SFTP for tests: not as root, on a free port, with host keys and an account's key of its own, and a
wire before it that counts what passes and can be cut. Needs openssh-server (`./dev install peers`). Standard library only.
"""
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading

from hub_harness import wait_for

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:" + os.environ.get("PATH", ""))
ABSENT = None if SSHD and shutil.which("ssh-keygen") else "no sshd here: ./dev install peers"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class SftpServer:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="samband-sftp-"))
        # It lets in nobody but the user it runs as; root would need more than a test may have.
        self.user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self.inbox = self.folder / "in"
        self.inbox.mkdir(mode=0o700)
        for key in ("host", "other", "account", "stranger"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", key, "-f", str(self.folder / key)], check=True)
        shutil.copy(self.folder / "account.pub", self.folder / "allowed")
        # Without PAM sshd asks the shadow file whether the account is locked, which only root may read.
        self.port, self.process, self.log = free_port(), None, self.folder / "log"
        (self.folder / "config").write_text(
            f"ListenAddress 127.0.0.1\nPort {self.port}\nHostKey {self.folder}/host\nAuthorizedKeysFile {self.folder}/allowed\n"
            "PidFile none\nUsePAM yes\nStrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            "Subsystem sftp internal-sftp\nForceCommand internal-sftp\nLogLevel VERBOSE\n")
        self.own(self.folder, *self.folder.iterdir())

    def own(self, *paths):
        if os.geteuid() == 0:
            for path in paths:
                os.chown(path, pwd.getpwnam(self.user).pw_uid, -1)

    def start(self):
        account = pwd.getpwnam(self.user)
        as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(self.folder / "config")], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, **as_user)

        def listens():
            if self.process.poll() is not None:
                raise RuntimeError("sshd ended: " + self.log.read_text())
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", self.port)) == 0

        wait_for("sshd", listens, 10)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def fingerprint(self, key="host"):
        return subprocess.run(["ssh-keygen", "-lf", str(self.folder / key) + ".pub"], check=True, capture_output=True,
                              text=True).stdout.split()[1]

    def logins(self):
        return self.log.read_text().count("Accepted publickey")

    def names(self):
        return sorted(p.name for p in self.inbox.iterdir())

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Wire:
    """Passes connections on to a port; `cut_after` ends each once so many bytes went to the server."""

    def __init__(self, port):
        self.to, self.cut_after, self.sent = port, None, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.to), 5)
            except OSError:
                near.close()
                continue
            self.sent.append(0)
            threading.Thread(target=self.carry, args=(near, far, len(self.sent) - 1), daemon=True).start()
            threading.Thread(target=self.carry, args=(far, near, None), daemon=True).start()

    def carry(self, a, b, number):
        try:
            while data := a.recv(65536):
                if number is not None and self.cut_after is not None and self.sent[number] + len(data) > self.cut_after:
                    b.sendall(data[:max(0, self.cut_after - self.sent[number])])
                    break
                if number is not None:
                    self.sent[number] += len(data)
                b.sendall(data)
        except OSError:
            pass
        for one in (a, b):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()
