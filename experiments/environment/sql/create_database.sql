CREATE DATABASE {name} OWNER {owner} TEMPLATE {source}
