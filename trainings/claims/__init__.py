"""Missing history (klaim riwayat): a training somebody says is missing, with its certificate, and the answer."""
