ANALYZE wallets
