"""Who can see an image or a collection: links, publications, reports of images, saved copies."""
