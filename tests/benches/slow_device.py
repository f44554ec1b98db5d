# A TPM as the kernel's resource manager offers it, in which every command takes longer.
#
#   slow_device.py PORT LINK SECONDS
#
# Passes commands on to a swtpm at a TCP port. LINK becomes a name for a pseudo-terminal: like the kernel's device it takes a
# command in one write and gives the response in one read.

import os
import pty
import socket
import sys
import time
import tty

port, link, delay = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
device, client = pty.openpty()
tty.setraw(client)
tpm = socket.create_connection(("127.0.0.1", port))
tpm.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
os.symlink(os.ttyname(client), link)
while True:
    command = os.read(device, 4096)
    ready = time.perf_counter() + delay
    # To sleep would take longer now and then, by much more than what is measured.
    while time.perf_counter() < ready:
        pass
    tpm.sendall(command)
    response = tpm.recv(4096)
    while len(response) < 6 or len(response) < int.from_bytes(response[2:6], "big"):
        response += tpm.recv(4096)
    os.write(device, response)
