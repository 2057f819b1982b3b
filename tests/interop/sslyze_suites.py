"""Prints the suites that sslyze finds at HOST PORT, by version, as JSON. A version in which it fell over is left out."""

import json
import sys

from sslyze import ScanCommand, Scanner, ServerNetworkLocation, ServerScanRequest

VERSIONS = {
    "ssl3": ScanCommand.SSL_3_0_CIPHER_SUITES,
    "1.0": ScanCommand.TLS_1_0_CIPHER_SUITES,
    "1.1": ScanCommand.TLS_1_1_CIPHER_SUITES,
    "1.2": ScanCommand.TLS_1_2_CIPHER_SUITES,
    "1.3": ScanCommand.TLS_1_3_CIPHER_SUITES,
}


def main() -> None:
    host, port = sys.argv[1:]
    scanner = Scanner()
    location = ServerNetworkLocation(host, int(port))
    scanner.queue_scans([ServerScanRequest(location, scan_commands=set(VERSIONS.values()))])
    scanned = next(iter(scanner.get_results())).scan_result
    found = {}
    for version, command in VERSIONS.items():
        result = getattr(scanned, command.value).result
        if result and result.accepted_cipher_suites:
            found[version] = [accepted.cipher_suite.name for accepted in result.accepted_cipher_suites]
    json.dump(found, sys.stdout)


main()
