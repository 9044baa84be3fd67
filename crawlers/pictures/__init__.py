"""Words in pictures: fetching the pictures of posts within bounds, and reading the words in them."""
